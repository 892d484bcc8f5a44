//! Plays every cell of the table of tenants and quotas, prints it as a matrix, and tells every cell that failed.

use crate::columns::{Columns, Stages};
use crate::quota_cells::quota_cell;
use crate::quota_stage::QuotaStage;
use crate::quota_stories::play;
use it::wire::Operation;

/// Stages at a time: mostly they wait.
const AT_A_TIME: usize = 16;

#[test]
fn every_fault_at_every_operation_of_tenants_and_quotas_ends_with_one_tenant_and_the_quotas_sold() {
    let stages = Stages::ForOneColumn(AT_A_TIME);
    Columns { make_stage: QuotaStage::of, stages, play }.all_end_right(&Operation::OF_QUOTAS, quota_cell);
}
