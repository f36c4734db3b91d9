"""The words that make up names and properties of accounts.

Belongs here: lists. Does not belong here: who gets which word (``accounts``). Order and length are part of the
company: a change gives most accounts another name.
"""

OPENINGS = (
    "Amber", "Blue", "Bright", "Brightwater", "Cedar", "Clear", "Copper", "Crescent", "Élan", "Ember", "Evergreen",
    "Fjord", "Golden", "Granite", "Harbor", "Ivory", "Juniper", "Kestrel", "Little", "Lumen", "Maple", "Meridian",
    "Nordlys", "North", "Olive", "Orchard", "Pioneer", "Quiet", "Río", "Saffron", "Silver", "Söder", "Summit",
    "Tidal", "Twin", "Velvet", "Violet", "Wild", "Willow", "Zephyr", "O'Connor", "D'Angelo", "Müller", "Nguyễn",
    "Kowalczyk", "Núñez", "Çelik", "Okafor", "Sato",
)  # fmt: skip
NOUNS = (
    "Analytics", "Atelier", "Bakery", "Biologics", "Bäckerei", "Café", "Clinics", "Cloud", "Coffee", "Consulting",
    "Courier", "Design", "Dynamics", "Energy", "Films", "Foods", "Freight", "Games", "Gardens", "Health", "Homes",
    "Hôtels", "Insurance", "Instruments", "Kitchens", "Labs", "Learning", "Logistics", "Media", "Motors",
    "Outdoors", "Partners", "Press", "Robotics", "Schools", "Software", "Studio", "Supply", "Textiles", "Travel",
)  # fmt: skip
FORMS = ("", "", " & Co", " & Sons", " GmbH", " Ltd", " Inc", ", Inc.", " S.A.", " AB")
FIRST = (
    "Ada", "Ben", "Chloé", "Dario", "Emre", "Farah", "Grace", "Hugo", "Inès", "Jonas", "Keiko", "Lena", "Mateo",
    "Nora", "Omar", "Priya", "Quinn", "Rosa", "Sven", "Tara",
)  # fmt: skip
LAST = (
    "Abbott", "Bauer", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito", "Jansen", "Khan",
    "Larsen", "Moreau", "Novák", "Oduya", "Petrov", "Rossi", "Schmidt", "Tanaka", "Weber",
)  # fmt: skip
INDUSTRIES = ("education", "finance", "health", "logistics", "manufacturing", "media", "retail", "software")
COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "SE", "PL", "BR", "JP", "IN")
SIZES = ("1-10", "11-50", "51-200", "201-500", "500+")
CHANNELS = ("search", "referral", "partner", "event", "outbound", "marketplace")
