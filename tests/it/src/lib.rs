//! The stories have no library: everything is in `tests`, where the world is.
