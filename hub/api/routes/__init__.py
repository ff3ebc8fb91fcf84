"""One module for each kind of resource. A route parses, calls one other room in one transaction, and shows a view."""
