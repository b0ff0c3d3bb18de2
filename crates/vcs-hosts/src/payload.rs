//! JSON that somebody else wrote. A payload may be large, so only the members that are asked for are kept; and a member
//! of the wrong type does not stop the reading, so that whoever asks for it can say which one it was.

use std::fmt;
use std::marker::PhantomData;

use domain::Error;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

const BODY: &str = "The body";
const LONGEST_TEXT: usize = 4096;
/// Longer than any list of changes that the hosts send, short enough to be kept.
const LONGEST_LIST: usize = 1000;

/// The members of a JSON object that `T` asks for.
///
/// # Errors
/// [`Error::Invalid`] for what is not JSON, not an object, or names a member twice that is asked for.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let member: Member<Object<T>> = parse_json(body)?;
    member.get(BODY)?.ok_or_else(|| Error::invalid(BODY, Object::<T>::FORM))
}

/// The members that `T` asks for of every object in a JSON list.
///
/// # Errors
/// As those of [`parse`].
pub(crate) fn parse_list<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, Error> {
    let member: Member<List<T>> = parse_json(body)?;
    let entries = member.get(BODY)?.ok_or_else(|| Error::invalid(BODY, List::<T>::FORM))?;
    Ok(entries.kept)
}

/// Succeeds for JSON of any kind.
///
/// # Errors
/// [`Error::Invalid`].
pub(crate) fn check(body: &[u8]) -> Result<(), Error> {
    parse_json::<IgnoredAny>(body).map(|_| ())
}

/// A member that has to be there.
///
/// # Errors
/// [`Error::Invalid`], also for one of the wrong type.
pub(crate) fn required<S: Shape>(member: Member<S>, path: &str) -> Result<S::Value, Error> {
    member.get(path)?.ok_or_else(|| Error::invalid(path, "must be there"))
}

fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if body.starts_with(b"payload=") {
        return Err(Error::invalid(BODY, "is a form; create the webhook with content type application/json"));
    }
    serde_json::from_slice(body).map_err(|source| {
        let problem = if source.is_data() { "cannot be read" } else { "is not JSON" };
        Error::invalid(BODY, format!("{problem}: {source}"))
    })
}

/// A member of an object as it came.
#[derive(Default)]
pub(crate) enum Member<S: Shape> {
    /// Also `null`.
    #[default]
    Absent,
    Wrong,
    Is(S::Value),
}

impl<S: Shape> Member<S> {
    /// What it holds, `None` when it is absent or `null`. `path` is the way to it, as `repository.id`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a member of the wrong type, naming the path.
    pub(crate) fn get(self, path: &str) -> Result<Option<S::Value>, Error> {
        match self {
            Self::Absent => Ok(None),
            Self::Is(value) => Ok(Some(value)),
            Self::Wrong => Err(Error::invalid(path, S::FORM)),
        }
    }
}

/// What a member may be. Whatever a shape does not take is skipped and leads to `None`.
pub(crate) trait Shape {
    type Value;

    /// What it must be, for people.
    const FORM: &'static str;

    fn from_text(_: &str) -> Option<Self::Value> {
        None
    }

    fn from_number(_: u64) -> Option<Self::Value> {
        None
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self::Value>, A::Error> {
        skip(&mut list)?;
        Ok(None)
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self::Value>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A text fit to be stored and shown.
pub(crate) enum Text {}

impl Shape for Text {
    type Value = String;

    const FORM: &'static str = "must be a text of at most 4096 bytes without control characters";

    fn from_text(text: &str) -> Option<String> {
        (text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control)).then(|| text.to_owned())
    }
}

/// An id, which some hosts write as a number and others as a text.
pub(crate) enum Id {}

impl Shape for Id {
    type Value = String;

    const FORM: &'static str = "must be a whole number or a text of at most 4096 bytes without control characters";

    fn from_text(text: &str) -> Option<String> {
        Text::from_text(text)
    }

    fn from_number(number: u64) -> Option<String> {
        Some(number.to_string())
    }
}

/// An object of which the members in `T` are wanted.
pub(crate) struct Object<T>(PhantomData<T>);

impl<T: DeserializeOwned> Shape for Object<T> {
    type Value = T;

    const FORM: &'static str = "must be an object";

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

/// A list of objects.
pub(crate) struct List<T>(PhantomData<T>);

/// The beginning of a list.
pub(crate) struct Entries<T> {
    pub(crate) kept: Vec<T>,
    pub(crate) has_more: bool,
}

impl<T: DeserializeOwned> Shape for List<T> {
    type Value = Entries<T>;

    const FORM: &'static str = "must be a list of objects";

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Entries<T>>, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < LONGEST_LIST {
            match list.next_element::<Member<Object<T>>>()? {
                None => return Ok(Some(Entries { kept, has_more: false })),
                Some(Member::Is(entry)) => kept.push(entry),
                Some(Member::Absent | Member::Wrong) => {
                    skip(&mut list)?;
                    return Ok(None);
                }
            }
        }
        let has_more = skip(&mut list)?;
        Ok(Some(Entries { kept, has_more }))
    }
}

/// Reads a list to its end; whether there was something left.
fn skip<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<bool, A::Error> {
    let mut skipped = false;
    while list.next_element::<IgnoredAny>()?.is_some() {
        skipped = true;
    }
    Ok(skipped)
}

impl<'de, S: Shape> Deserialize<'de> for Member<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor(PhantomData))
    }
}

struct MemberVisitor<S>(PhantomData<S>);

impl<'de, S: Shape> Visitor<'de> for MemberVisitor<S> {
    type Value = Member<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Wrong)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Member::Wrong)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Wrong)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(S::from_number(number).into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(S::from_text(text).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        S::from_list(list).map(Member::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        S::from_object(object).map(Member::from)
    }
}

/// From what a shape made of a value that was there.
impl<S: Shape> From<Option<S::Value>> for Member<S> {
    fn from(made: Option<S::Value>) -> Self {
        made.map_or(Self::Wrong, Self::Is)
    }
}
