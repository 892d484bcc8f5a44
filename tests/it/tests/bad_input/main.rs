//! Stories of bad input: wrong credentials, missing permissions, and vendors that answer what nobody
//! expects. Each is told clearly, writes nothing wrong, and is right again after the next good run.

mod at_the_desk;
mod blind;
mod contracts;
mod credentials;
mod figures;
mod lens;
mod names;
mod services;
mod site;
mod unheard_of;

#[path = "../cli/desk.rs"]
#[allow(dead_code, reason = "these stories use less of the desk")]
mod desk;
#[path = "../usage_sync/lines.rs"]
#[allow(dead_code, reason = "these stories look at less")]
mod lines;
#[path = "../cli/program.rs"]
#[allow(dead_code, reason = "these stories watch no program while it runs")]
mod program;
#[path = "../usage_sync/wire.rs"]
#[allow(dead_code, reason = "these stories cut no wire")]
mod wire;
#[path = "../usage_sync/world.rs"]
#[allow(dead_code, reason = "these stories turn fewer cranks")]
mod world;
