//! What several suites of stories share: the world they play in, the wire before it, and the program that is
//! built and run; and what benches share. It holds no test.

pub mod bench;
pub mod canary;
pub mod desk;
pub mod folder;
pub mod identity;
pub mod lines;
pub mod logs;
pub mod prepaid;
pub mod program;
pub mod runtime;
pub mod wire;
pub mod world;
