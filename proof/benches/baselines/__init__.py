"""What we are held against: small programs that do the same work in the usual way, or as barely as can be."""
