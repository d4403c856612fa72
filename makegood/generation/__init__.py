"""Input for the landing area: recorded logs unpacked, and a gateway's logs made up from measurements.

What belongs here writes landing files and nothing else; how they are read back is ingestion's business.
"""
