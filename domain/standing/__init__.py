"""Why a payment stands where it stands, what comes next and when, and what a person may or must do. Pure."""
