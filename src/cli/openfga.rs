//! A store of tuples as the manifest declares it, its secrets filled in.
use super::stop::Stop;
use crate::manifest::{At, Endpoint};
use crate::model::Hidden;
use crate::parse::expand::expand;
use crate::stores::environment::Secrets;
use crate::stores::openfga::{Client, Entry, OpenFga};

pub(super) fn declared_store(base: &str, name: &str, endpoint: &Endpoint) -> Result<OpenFga, Stop> {
    let secrets = Secrets::beside(base).map_err(Stop::CouldNotLook)?;
    let filled = |text: &At<String>| expand(text, &|name| secrets.get(name)).map_err(Stop::CouldNotLook);
    let maybe = |text: &Option<At<String>>| text.as_ref().map(filled).transpose();
    let entry = match (&endpoint.token, &endpoint.client) {
        (Some(token), _) => Entry::Token(Hidden::new(filled(token)?)),
        (None, Some(client)) => Entry::Client(Client {
            id: filled(&client.id)?,
            secret: Hidden::new(filled(&client.secret)?),
            token_url: filled(&client.token_url)?,
            audience: maybe(&client.audience)?,
            scope: maybe(&client.scope)?,
        }),
        (None, None) => Entry::Open,
    };
    let store = maybe(&endpoint.store)?.unwrap_or_default();
    let model = maybe(&endpoint.model)?;
    OpenFga::new(name, &filled(&endpoint.url)?, (&store, model), entry).map_err(Stop::CouldNotLook)
}
