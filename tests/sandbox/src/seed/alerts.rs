//! Alerts with a story: on customers of both sides, on one without a company, and on one that manages
//! itself. Customers are found by the names below, alerts by their types.

use super::customers::Planter;
use crate::acronis::alerts::details::Shape;
use crate::acronis::alerts::{NewAlert, Severity};

/// Tenant and company with alerts of every severity.
pub const NOISY: &str = "Sirenenhof Klinik GmbH";
/// Tenant and company with an alert that cleared, one that returned and one that returned under a new id.
pub const COMING_AND_GOING: &str = "Wellengang Reederei KG";
/// Tenant with an alert and without a company.
pub const UNMAPPED: &str = "Unbekannt Verzogen Umzüge OHG";
/// Tenant and company whose alerts are hidden from the partner.
pub const SELF_SERVICE: &str = "Selbst Ist Die Kanzlei PartG";
/// Type of the alert of [`COMING_AND_GOING`] that cleared.
pub const CLEARED: &str = "AgentOffline";
/// Type of its alert that returned under the same id.
pub const RETURNED: &str = "BackupFailed";
/// Type of its alert that returned under a new id.
pub const RETURNED_ANEW: &str = "NoBackupForXDays";
/// A type in the newer naming, raised on [`NOISY`].
pub const NEWER_NAMING: &str = "cti.a.p.am.alert.v1.0~sandbox.saas_security.account_takeover.v1.0";

/// Plants all of them.
pub(crate) fn plant(planter: &mut Planter<'_>) {
    plant_noisy(planter);
    plant_coming_and_going(planter);
    let world = &mut *planter.world;
    let unmapped = world.add_tenant(UNMAPPED, None);
    world.raise(NewAlert::of(&unmapped, "BackupDidNotStart").about("EMPFANG-01", "Taeglich"));
    let shielded = planter.pair(SELF_SERVICE, SELF_SERVICE, None);
    planter.contract_for(shielded.company);
    planter.world.set_self_service(&shielded.tenant, true);
    planter.world.raise(NewAlert::of(&shielded.tenant, "BackupFailed").about("AKTE-01", "Kanzlei"));
}

fn plant_noisy(planter: &mut Planter<'_>) {
    let noisy = planter.pair(NOISY, NOISY, None);
    planter.contract_for(noisy.company);
    let world = &mut *planter.world;
    let machines = ["OP-SAAL-01", "OP-SAAL-02", "EMPFANG-01"];
    for machine in machines {
        world.add_configuration_item(noisy.company, machine);
    }
    let plan = "Server täglich";
    let alert = |kind: &str| NewAlert::of(&noisy.tenant, kind);
    world.raise(alert("BackupFailed").about(machines[0], plan).shape(Shape::Error));
    world.raise(alert("BackupCanceled").about(machines[1], plan).shape(Shape::Activity));
    world.raise(alert("BackupSucceededWarnings").about(machines[2], plan).shape(Shape::ErrorMessage));
    world.raise(alert("StorageQuotaAlmostReached").shape(Shape::Null));
    world.raise(alert("EDRIncidentDetected").severity(Severity::Critical).shape(Shape::Nested));
    world.raise(alert("MachineOffline30").about("ALTES-NOTEBOOK", plan));
    world.raise(alert("BrowserProtectionAlmostReady").shape(Shape::Empty));
    world.raise(alert("AgentAutoUpdateFailed").about(machines[0], plan).shape(Shape::Texts));
    world.raise(alert("ProtectionFailureDetected").severity(Severity::Ok).shape(Shape::NameOnly));
    world.raise(alert(NEWER_NAMING).shape(Shape::ThirdParty));
}

fn plant_coming_and_going(planter: &mut Planter<'_>) {
    let moving = planter.pair(COMING_AND_GOING, COMING_AND_GOING, None);
    planter.contract_for(moving.company);
    let world = &mut *planter.world;
    let alert = |kind: &str| NewAlert::of(&moving.tenant, kind).about("BRUECKE-01", "Flotte");
    let cleared = world.raise(alert(CLEARED));
    world.clear_alert(&cleared);
    let returned = world.raise(alert(RETURNED));
    world.clear_alert(&returned);
    world.raise_again(&returned);
    let old = world.raise(alert(RETURNED_ANEW));
    world.clear_alert(&old);
    world.raise_anew(&old);
}
