"""Who acts for a user: phones with their calls, registrations and manners, and a peer that follows a script."""
