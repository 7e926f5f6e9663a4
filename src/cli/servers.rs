//! Servers that are entered over HTTP, as the manifest declares them, their secrets filled in.
use super::stop::Stop;
use crate::manifest::{At, Endpoint};
use crate::model::Hidden;
use crate::parse::expand::expand;
use crate::stores::entry::{Client, Entry};
use crate::stores::environment::Secrets;
use crate::stores::keycloak::Keycloak;
use crate::stores::openfga::OpenFga;
use crate::stores::openfga_writing::OpenFgaServer;

/// A store of tuples.
pub(super) fn declared_store(base: &str, name: &str, endpoint: &Endpoint) -> Result<OpenFga, Stop> {
    let filled = Filled::beside(base)?;
    let store = filled.maybe(endpoint.store.as_ref())?.unwrap_or_default();
    let model = filled.maybe(endpoint.model.as_ref())?;
    let (url, entry) = (filled.text(&endpoint.url)?, filled.entry(endpoint)?);
    OpenFga::new(name, &url, (&store, model), entry).map_err(Stop::CouldNotLook)
}

/// A server on which stores of tuples are made.
pub(super) fn declared_server(base: &str, name: &str, endpoint: &Endpoint) -> Result<OpenFgaServer, Stop> {
    let filled = Filled::beside(base)?;
    let (url, entry) = (filled.text(&endpoint.url)?, filled.entry(endpoint)?);
    OpenFgaServer::new(name, &url, entry).map_err(Stop::CouldNotLook)
}

/// A realm.
pub(super) fn declared_realm(base: &str, name: &str, endpoint: &Endpoint) -> Result<Keycloak, Stop> {
    let filled = Filled::beside(base)?;
    let realm = filled.maybe(endpoint.realm.as_ref())?.unwrap_or_default();
    let (url, entry) = (filled.text(&endpoint.url)?, filled.entry(endpoint)?);
    Keycloak::new(name, &url, &realm, entry).map_err(Stop::CouldNotLook)
}

/// Texts of a manifest with their variables.
struct Filled(Secrets);

impl Filled {
    fn beside(base: &str) -> Result<Self, Stop> {
        Secrets::beside(base).map(Self).map_err(Stop::CouldNotLook)
    }

    fn text(&self, text: &At<String>) -> Result<String, Stop> {
        expand(text, &|name| self.0.get(name)).map_err(Stop::CouldNotLook)
    }

    fn maybe(&self, text: Option<&At<String>>) -> Result<Option<String>, Stop> {
        text.map(|text| self.text(text)).transpose()
    }

    fn entry(&self, endpoint: &Endpoint) -> Result<Entry, Stop> {
        let client = match (&endpoint.token, &endpoint.client) {
            (Some(token), _) => return Ok(Entry::Token(Hidden::new(self.text(token)?))),
            (None, None) => return Ok(Entry::Open),
            (None, Some(client)) => client,
        };
        let password = self.maybe(client.password.as_ref())?.map(Hidden::new);
        Ok(Entry::Client(Client {
            id: self.text(&client.id)?,
            secret: self.maybe(client.secret.as_ref())?.map(Hidden::new),
            user: self.maybe(client.user.as_ref())?.zip(password),
            token_url: self.text(&client.token_url)?,
            audience: self.maybe(client.audience.as_ref())?,
            scope: self.maybe(client.scope.as_ref())?,
        }))
    }
}
