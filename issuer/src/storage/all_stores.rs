use super::account_store::AccountStore;
use super::health::DatabaseHealth;
use super::revocation_store::RevocationStore;
use super::session_store::SessionAdministration;
use super::user_store::UserAdministration;

/// All stores of an issuer in one database.
pub trait Storage:
    AccountStore + UserAdministration + SessionAdministration + RevocationStore + DatabaseHealth
{
}

impl<T> Storage for T where
    T: AccountStore + UserAdministration + SessionAdministration + RevocationStore + DatabaseHealth
{
}
