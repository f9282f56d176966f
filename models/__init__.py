"""Tables, unit of work, queries by intention, migrations."""
