//! Wrong settings, engines that are wrong or down, and messages that nobody knows: what is wrong is named, with what would
//! be right and without secrets, and nothing is half started.

#[path = "mistakes/attempt.rs"]
mod attempt;
#[path = "mistakes/careless_store.rs"]
mod careless_store;
#[path = "mistakes/foreign_database.rs"]
mod foreign_database;
#[path = "mistakes/foreign_messages.rs"]
mod foreign_messages;
#[path = "mistakes/foreign_store.rs"]
mod foreign_store;
#[path = "mistakes/outages.rs"]
mod outages;
#[path = "distributed/world.rs"]
mod world;
#[path = "mistakes/wrong_engines.rs"]
mod wrong_engines;
#[path = "mistakes/wrong_settings.rs"]
mod wrong_settings;
