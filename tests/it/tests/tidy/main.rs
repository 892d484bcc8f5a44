//! Keeps the house: what may use what, how long things may be, and what they may be called. It reads the
//! repository's files and runs nothing of the product.

mod floors;
mod manifests;
mod names;
mod promises;
mod readme;
mod shapes;
mod sources;
mod template;
mod words;
