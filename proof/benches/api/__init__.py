"""The status endpoint, as auction service, buyers and makers poll it."""
