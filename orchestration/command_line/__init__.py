"""`makegood …`: what people type, and how answers are printed for them."""
