"""The policy's seeds as files: read, refused where they cannot be carried out, and told apart hour by hour.

What a rule means is in models/; when seeds are read is the assets' affair.
"""
