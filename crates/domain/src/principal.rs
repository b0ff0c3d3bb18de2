//! Who calls, and what they may do: the one policy function.

use std::{
    collections::{HashMap, HashSet},
    str::FromStr,
    sync::Arc,
};

use crate::{Error, Id, kinds};

/// How much may be done within a scope. Each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    Read,
    Publish,
    Admin,
}

impl Rights {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }

    /// Unknown text gives the least right, so that a newer row never grants more than an older reader understands.
    pub fn from_stored(text: &str) -> Self {
        text.parse().unwrap_or(Self::Read)
    }
}

impl FromStr for Rights {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "admin" => Ok(Self::Admin),
            "publish" => Ok(Self::Publish),
            "read" => Ok(Self::Read),
            _ => Err(Error::invalid("Rights", "must be read, publish or admin")),
        }
    }
}

/// What somebody wants to do to the things of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See modules and install them: also those that a scope has from the account it belongs to, and from the installation.
    Install,
    /// See everything of a scope.
    Read,
    /// Make modules and versions, upload, resync.
    Publish,
    /// Make connections, delete, change the scope itself.
    Own,
}

/// What may be done where. Nothing, by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    everywhere: Option<Rights>,
    scopes: HashMap<Id<kinds::Scope>, Rights>,
    /// Scopes whose modules may be installed, whatever else may be done there.
    lenders: HashSet<Id<kinds::Scope>>,
}

/// Where a scope is among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kinship {
    /// An environment of this account.
    Within { scope: Id<kinds::Scope>, account: Id<kinds::Scope> },
    /// Its modules are for everybody who may do anything anywhere.
    Installation(Id<kinds::Scope>),
}

impl Grants {
    /// The same in every scope of the installation, also in those that are still to come.
    pub fn everywhere(rights: Rights) -> Self {
        Self { everywhere: Some(rights), ..Self::default() }
    }

    /// The same in each of these scopes.
    pub fn within(scopes: impl IntoIterator<Item = Id<kinds::Scope>>, rights: Rights) -> Self {
        Self { scopes: scopes.into_iter().map(|scope| (scope, rights)).collect(), ..Self::default() }
    }

    /// Adds rights in one scope, or, for `None`, in all.
    pub fn add(&mut self, scope: Option<Id<kinds::Scope>>, rights: Rights) {
        match scope {
            None => self.everywhere = self.everywhere.max(Some(rights)),
            Some(scope) => {
                let known = self.scopes.entry(scope).or_insert(rights);
                *known = rights.max(*known);
            }
        }
    }

    /// The scopes that are named, in no order.
    pub fn named(&self) -> impl Iterator<Item = &Id<kinds::Scope>> {
        self.scopes.keys()
    }

    /// With rights in an account, also those in its environments.
    #[must_use]
    pub fn with_environments(mut self, kin: &[Kinship]) -> Self {
        for relation in kin {
            if let Kinship::Within { scope, account } = relation
                && let Some(rights) = self.scopes.get(account).copied()
            {
                self.add(Some(scope.clone()), rights);
            }
        }
        self
    }

    /// With the modules of the account for whoever may see an environment, and with those of the installation.
    #[must_use]
    pub fn with_lenders(mut self, kin: &[Kinship]) -> Self {
        for relation in kin {
            match relation {
                Kinship::Within { scope, account } if self.scopes.contains_key(scope) => {
                    self.lenders.insert(account.clone());
                }
                Kinship::Installation(installation) if !self.scopes.is_empty() => {
                    self.lenders.insert(installation.clone());
                }
                Kinship::Within { .. } | Kinship::Installation(_) => {}
            }
        }
        self
    }

    /// The most that may be done in `scope`.
    pub fn rights_in(&self, scope: &Id<kinds::Scope>) -> Option<Rights> {
        self.everywhere.max(self.scopes.get(scope).copied())
    }

    /// What both allow: the lesser of the two in every scope.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let lesser = |one: Option<Rights>, another: Option<Rights>| one.zip(another).map(|(one, it)| one.min(it));
        let named = self.scopes.keys().chain(other.scopes.keys());
        let scopes = named.filter_map(|scope| {
            lesser(self.rights_in(scope), other.rights_in(scope)).map(|rights| (scope.clone(), rights))
        });
        Self {
            scopes: scopes.collect(),
            everywhere: lesser(self.everywhere, other.everywhere),
            lenders: self.lenders.intersection(&other.lenders).cloned().collect(),
        }
    }
}

/// The circumstances of one call that changes something, for the audit log.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub request_id: String,
    /// Of the client, as we see it.
    pub address: String,
    /// The scope that the call is about, once the caller is known to see it.
    pub scope: Option<Id<kinds::Scope>>,
}

/// Somebody whose token was checked.
#[derive(Debug, Clone)]
pub struct Principal {
    pub user: Id<kinds::User>,
    pub username: String,
    pub email: String,
    /// Nobody who could sign in: it acts for an organization.
    pub is_service: bool,
    pub token: Id<kinds::Token>,
    /// The token allows all that its user may do.
    pub has_full_token: bool,
    /// What the token and the memberships of its user allow together.
    pub grants: Arc<Grants>,
    pub call: Call,
}

impl Principal {
    /// The policy. What one may not even `Read` must be answered as if it did not exist.
    pub fn may(&self, action: Action, scope: &Id<kinds::Scope>) -> bool {
        let needed = match action {
            Action::Install if self.grants.lenders.contains(scope) => return true,
            Action::Install | Action::Read => Rights::Read,
            Action::Publish => Rights::Publish,
            Action::Own => Rights::Admin,
        };
        self.grants.everywhere >= Some(needed) || self.grants.scopes.get(scope) >= Some(&needed)
    }

    /// Whether users may be made and everything be changed: only by those who own the whole installation.
    pub fn owns_installation(&self) -> bool {
        self.grants.everywhere == Some(Rights::Admin)
    }

    /// Whether new scopes may be made.
    pub fn may_make_scopes(&self) -> bool {
        self.owns_installation()
    }

    /// The scopes of which anything may be seen, in no order; `None`: all of them.
    pub fn visible_scopes(&self) -> Option<Vec<&Id<kinds::Scope>>> {
        self.grants.everywhere.is_none().then(|| self.grants.scopes.keys().collect())
    }

    /// The scopes whose modules may be installed, in no order; `None`: all of them.
    pub fn module_scopes(&self) -> Option<Vec<&Id<kinds::Scope>>> {
        let lent = || self.grants.lenders.iter().filter(|scope| !self.grants.scopes.contains_key(scope));
        self.visible_scopes().map(|mut own| {
            own.extend(lent());
            own
        })
    }

    /// The same caller, in a call that is about `scope`.
    #[must_use]
    pub fn about(&self, scope: &Id<kinds::Scope>) -> Self {
        let mut caller = self.clone();
        caller.call.scope = Some(scope.clone());
        caller
    }

    /// Whose audit log a call belongs to: the scope it is about, else the only one that the caller knows.
    pub fn audited_scope(&self) -> Option<&Id<kinds::Scope>> {
        let only = || match self.visible_scopes().as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        };
        self.call.scope.as_ref().or_else(only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(grants: Grants) -> Principal {
        Principal {
            user: Id::random(),
            username: "jdoe".to_owned(),
            email: String::new(),
            is_service: false,
            token: Id::random(),
            has_full_token: true,
            grants: Arc::new(grants),
            call: Call::default(),
        }
    }

    fn check(grants: Grants, scope: &Id<kinds::Scope>, expected: [bool; 3]) {
        let shown = format!("{grants:?}");
        let principal = principal(grants);
        let all = [Action::Read, Action::Publish, Action::Own];
        assert_eq!(all.map(|action| principal.may(action, scope)), expected, "{shown}");
    }

    #[test]
    fn each_right_includes_the_ones_before() {
        let (own, other) = (Id::random(), Id::random());
        check(Grants::default(), &own, [false, false, false]);
        check(Grants::everywhere(Rights::Read), &own, [true, false, false]);
        check(Grants::everywhere(Rights::Publish), &own, [true, true, false]);
        check(Grants::within([own.clone()], Rights::Admin), &own, [true, true, true]);
        check(Grants::within([own.clone()], Rights::Admin), &other, [false, false, false]);
        let mut mixed = Grants::everywhere(Rights::Read);
        mixed.add(Some(own.clone()), Rights::Publish);
        check(mixed.clone(), &own, [true, true, false]);
        check(mixed, &other, [true, false, false]);
    }

    #[test]
    fn a_token_never_allows_more_than_its_user_may() {
        let (own, other) = (Id::random(), Id::random());
        let mut user = Grants::within([own.clone()], Rights::Admin);
        user.add(Some(other.clone()), Rights::Read);
        let full = Grants::everywhere(Rights::Admin);
        assert_eq!(full.and(&user), user);
        let publishes = Grants::everywhere(Rights::Publish).and(&user);
        check(publishes.clone(), &own, [true, true, false]);
        check(publishes, &other, [true, false, false]);
        check(Grants::within([other.clone()], Rights::Admin).and(&user), &own, [false, false, false]);
        check(Grants::within([other.clone()], Rights::Admin).and(&user), &other, [true, false, false]);
        assert_eq!(full.and(&Grants::default()), Grants::default());
        assert!(principal(full.and(&full)).owns_installation());
        assert!(!principal(full.and(&user)).owns_installation());
        let within = Grants::within([own.clone()], Rights::Publish).and(&full);
        check(within, &own, [true, true, false]);
    }

    #[test]
    fn rights_go_down_to_environments_and_modules_come_down_with_them() {
        let [account, environment, other, installation]: [Id<kinds::Scope>; 4] = std::array::from_fn(|_| Id::random());
        let kin = [
            Kinship::Within { scope: environment.clone(), account: account.clone() },
            Kinship::Within { scope: other.clone(), account: account.clone() },
            Kinship::Installation(installation.clone()),
        ];
        let of_account = Grants::within([account.clone()], Rights::Publish).with_environments(&kin).with_lenders(&kin);
        check(of_account.clone(), &environment, [true, true, false]);
        check(of_account, &installation, [false, false, false]);
        let of_environment = Grants::within([environment.clone()], Rights::Admin).with_environments(&kin);
        let of_environment = principal(of_environment.with_lenders(&kin));
        for (scope, may) in [(&environment, true), (&account, true), (&installation, true), (&other, false)] {
            assert_eq!(of_environment.may(Action::Install, scope), may, "{scope}");
        }
        assert!(!of_environment.may(Action::Read, &account));
        assert!(!principal(Grants::default().with_lenders(&kin)).may(Action::Install, &installation));
    }

    #[test]
    fn a_call_is_kept_with_the_scope_it_is_about() {
        let (own, other) = (Id::random(), Id::random());
        let caller = principal(Grants::within([own.clone()], Rights::Read));
        assert_eq!(caller.audited_scope(), Some(&own));
        assert_eq!(caller.about(&other).audited_scope(), Some(&other));
        assert_eq!(principal(Grants::everywhere(Rights::Admin)).audited_scope(), None);
    }
}
