"""Writers: a display list becomes a file of some format; none of them knows SIP."""
