"""How cost grows with what is stored: the same work in houses of a thousand payments, ten thousand, and more."""
