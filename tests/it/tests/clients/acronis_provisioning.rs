//! A customer from its creation to its end, against the sandbox: what is written is read again.

use crate::acronis_writes::{new_tenant, new_user};
use crate::support::Vendors;
use anyhow::Result;
use functions::acronis::{AcronisWriteError, AcronisWriter, ItemSetting, NewTenant, PricingMode};
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use shared::ids::StorageId;
use shared::quota::Grant;
use shared::usage::{ItemKey, ItemKind};

#[tokio::test]
async fn p2_what_is_written_for_a_new_customer_is_read_again() -> Result<()> {
    let vendors = Vendors::empty().await?;
    let acronis = vendors.acronis();
    let (writer, root) = (AcronisWriter::new(&acronis), acronis.own_tenant().await?);
    let new = NewTenant { parent: root.clone(), ..new_tenant() };
    let tenant = writer.create_tenant(&new).await?;
    assert!(matches!(writer.create_tenant(&new).await, Err(AcronisWriteError::NameTaken(_))));
    let mut found = Vec::new();
    acronis.tenants_by_id(std::slice::from_ref(&tenant), |tenant| found.push(tenant)).await?;
    assert_eq!(found, [acronis.tenant(&tenant).await?]);
    assert_eq!((&found[0].name, found[0].tag.as_ref(), found[0].in_trial), (&new.name, Some(&new.tag), true));
    writer.require_two_factor(&tenant).await?;
    assert!(acronis.two_factor_of(&tenant).await?.on);
    let offered = acronis.available_for_children(&root).await?;
    let wanted = offered.iter().find(|item| item.key.name == "pw_base_workstations").expect("offered");
    writer.bind(&wanted.key.application, &tenant).await?;
    assert!(acronis.applications_of(&tenant).await?.contains(&wanted.key.application));
    let storage = offered.iter().find(|item| item.key.storage == Some(StorageId::new(ACRONIS_STORAGE)));
    let set = |key: &ItemKey, grant, version| ItemSetting { key: key.clone(), grant, version, is_feature: false };
    let limit = Grant::UpTo { limit: 17, overage: Some(0) };
    let storage = storage.filter(|item| item.kind == ItemKind::Storage).expect("offered");
    writer.set_items(&tenant, &[set(&wanted.key, limit, 0), set(&storage.key, Grant::Unlimited, 0)]).await?;
    let given = acronis.given_items_of(&tenant).await?;
    let of = |key: &ItemKey| given.iter().find(|given| given.item.key == *key).expect("given");
    assert_eq!((of(&wanted.key).grant, of(&storage.key).grant), (limit, Grant::Unlimited));
    assert!(of(&wanted.key).version > 0);
    let mut subtree = Vec::new();
    acronis.given_items(&root, |of, item| subtree.extend((*of == tenant).then_some(item))).await?;
    assert!(given.iter().filter(|given| given.grant.is_on()).all(|given| subtree.contains(given)));
    let stale = writer.set_items(&tenant, &[set(&wanted.key, Grant::Unlimited, 0)]).await;
    assert!(matches!(stale, Err(AcronisWriteError::Stale(_))), "{stale:?}");
    writer.set_items(&tenant, &[set(&wanted.key, Grant::NOTHING, of(&wanted.key).version)]).await?;
    let pricing = acronis.pricing_of(&tenant).await?;
    assert_eq!(pricing.mode, PricingMode::Trial);
    assert!(matches!(writer.start_production(&tenant, pricing.version + 1).await, Err(AcronisWriteError::Stale(_))));
    writer.start_production(&tenant, pricing.version).await?;
    assert_eq!(acronis.pricing_of(&tenant).await?.mode, PricingMode::Production);
    assert!(acronis.login_is_free(&new_user().login).await?);
    let user = writer.create_administrator(&tenant, &new_user()).await?;
    assert!(!acronis.login_is_free(&new_user().login).await?);
    writer.give_administration(&tenant, &user).await?;
    writer.send_activation(&user).await?;
    let users = acronis.users_of(&tenant).await?;
    assert_eq!((users.len(), &users[0].id, users[0].login.as_ref()), (1, &user, Some(&new_user().login)));
    writer.disable(&tenant).await?;
    assert!(!acronis.tenant(&tenant).await?.enabled);
    assert!(vendors.sandbox.unknown_requests().is_empty());
    Ok(())
}
