"""A durable home in object storage for what nights build on; the folders of this machine are its working copy.

Belongs here: what belongs to it (``places``), its states (``manifest``), the bucket (``bucket``), what this machine has
(``working_copy``), and moving between the two (``pushing``, ``pulling``, ``pruning``). Does not belong here: what the
files mean, speaking to the server (``object_storage``).

A state is a generation: a manifest that names every file with its SHA-256. Contents are objects named by that digest,
put once and never changed; the manifest comes last, and only where nobody else put the same generation before. So a
reader finds the old state or the new one, and of two writers one is told of the other.
"""
