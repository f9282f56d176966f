"""The operator's console: pages for the house's people, made on the server, read and used without script.

A page more is one module, one template and one line:

1. a module here with a `router` whose endpoints take `TheOperator` (`operators.py`: who is signed in, and in which
   role) and answer `show(request, operator, "page.html", title=…, …)` (`rendering.py`); what changes something is a
   POST that takes `TheForm`, which has checked the CSRF token;
2. a template in `templates/` that extends `shell.html` and fills the block `main`; `parts.html` has the parts;
3. a line in `navigation.PAGES`: group, title, address, icon, key; and its router in `desk.ROUTERS` (`routes.py`).

Problems that are raised become pages (`failures.py`); who is not signed in is sent to sign in and comes back.
"""
