"""Plain words for buyers that pages, mails and paper share."""
