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
