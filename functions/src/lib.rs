//! What it is for.
