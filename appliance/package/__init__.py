"""A call as a package for somebody outside: how it is made, and how it is judged."""
