"""Files and databases of a home: how they are opened, attached, locked and written durably."""
