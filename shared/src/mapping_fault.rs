//! What contradicts itself in a mapping, and on which row. A part of `mapping`.

use crate::alert::AlertKind;
use crate::ids::CompanyId;
use crate::setting_path::SettingPath;
use crate::usage::ItemKey;

/// Something in a mapping that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingFault {
    /// The row it stands on.
    pub row: MappingRowName,
    /// What is wrong and what was expected.
    pub text: String,
}

/// Which row of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingRowName {
    /// A setting.
    Setting(SettingPath),
    /// A customer's.
    Customer(CompanyId),
    /// A product's.
    Product(ItemKey),
    /// An alert type's.
    Alert(AlertKind),
}
