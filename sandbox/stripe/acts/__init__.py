"""What happens at Stripe when somebody acts: buyers, banks, time and the API."""
