"""Mail to buyers and makers: what it says and looks like, and how it is sent."""
