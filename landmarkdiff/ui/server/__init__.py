"""The server below the page: sessions, security, work, and how it is asked."""
