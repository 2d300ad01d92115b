//! Floor 2: the one floor that opens sockets, holds credentials and reads the clock. Collectors ask targets and write down the
//! answers; what fails becomes a gap and never ends the collection.

#[cfg(feature = "aws")]
pub mod aws;
mod connect_to;
mod credential_report;
mod endpoint;
mod import;
mod intake;
mod logins;
pub mod mysql;
mod organization;
mod run;
mod sink;
mod target;
pub mod tls;

pub use connect_to::{BadConnectTo, ConnectTo, Route};
pub use endpoint::{BadEndpoint, Endpoint};
pub use import::{ImportError, Imported, import};
pub use intake::{Debt, Intake, Piece, Step};
pub use logins::{Assigned, Chosen, Clusters, Logins};
#[cfg(feature = "aws")]
pub use logins::{SecretOf, Through};
pub use run::{Collection, Connections, Layer, Layers};
pub use sink::{Sink, now};
pub use target::{ClusterTarget, EndpointRole, EndpointTarget};
