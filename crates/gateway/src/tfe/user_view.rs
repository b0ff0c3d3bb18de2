//! The resource `users`, as administrators see it; ours are `has-password`, `created-at` and `memberships`.

use domain::{Error, Rights};
use serde_json::{Value, json};
use store::{
    Connection,
    memberships::{self, Membership},
    users::User,
};

use crate::timestamp::format_millis;

/// A user, and what it may do.
pub(super) struct UserView {
    user: User,
    memberships: Vec<Membership>,
}

impl UserView {
    /// One user.
    pub(super) fn load(session: &mut Connection, user: User) -> Result<Self, Error> {
        Self::of(session, vec![user])?.pop().ok_or_else(|| Error::not_found("User"))
    }

    /// These users, in their order.
    pub(super) fn of(session: &mut Connection, users: Vec<User>) -> Result<Vec<Self>, Error> {
        let ids: Vec<_> = users.iter().map(|user| &user.id).collect();
        let all = memberships::list_of(session, &ids)?;
        let with_memberships = |user: User| {
            let memberships = all.iter().filter(|membership| membership.user == user.id).cloned().collect();
            Self { user, memberships }
        };
        Ok(users.into_iter().map(with_memberships).collect())
    }

    pub(super) fn document(&self) -> Value {
        json!({"data": self.resource()})
    }

    pub(super) fn resource(&self) -> Value {
        let user = &self.user;
        let of_installation = self.memberships.iter().find(|membership| membership.organization.is_none());
        let in_organizations: Vec<_> = self.memberships.iter().filter_map(in_organization).collect();
        json!({
            "id": user.id.as_str(),
            "type": "users",
            "attributes": {
                "username": user.username,
                "email": user.email,
                "avatar-url": "",
                "is-admin": of_installation.is_some_and(|membership| membership.rights == Rights::Admin),
                "is-suspended": user.disabled_at.is_some(),
                "is-service-account": user.is_service,
                "two-factor": {"enabled": false, "verified": false},
                "has-password": user.password_hash.is_some(),
                "created-at": format_millis(user.created_at),
                "memberships": in_organizations,
            },
        })
    }
}

fn in_organization(membership: &Membership) -> Option<Value> {
    let name = membership.organization.as_deref()?;
    Some(json!({"organization": name, "rights": membership.rights.as_str()}))
}
