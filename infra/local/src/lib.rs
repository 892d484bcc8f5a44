//! One machine instead of AWS: the same functions, clients and store, on servers inside this process.
//! It hosts them and decides nothing.

pub mod aws;
pub mod machine;
pub mod mapping_file;
pub mod table;
