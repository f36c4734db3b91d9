"""What a night costs, measured. Belongs here: commands that measure the product from outside; nothing it needs."""
