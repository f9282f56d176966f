"""Pages for people: the buyer's page, and the API's documentation. They read and work without script."""
