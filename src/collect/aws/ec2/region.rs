//! The regions that an account has enabled.

use aws_sdk_ec2::{Client, types};

use crate::collect::Sink;
use crate::collect::aws::listing::{Entry, Listed};
use crate::collect::aws::site::Site;
use crate::model::{Gap, actions};
use crate::snapshot::schema::ec2::{RegionDescription, RegionDescriptionAnswer};

/// What a region says of itself until somebody enables it.
const NOT_ENABLED: &str = "not-opted-in";

/// The enabled regions, sorted, with what is written down of all of them; or why nobody knows them.
pub(in crate::collect::aws) async fn enabled(site: &Site) -> Result<(Sink, Vec<String>), Gap> {
    let action = actions::DESCRIBE_REGIONS;
    let answer = site.service().call(action, None, Client::new(&site.config).describe_regions().send()).await?;
    let listed = Listed::of(action, Ok(answer.regions));
    let usable = listed.items.iter().filter(|region| region.opt_in_status() != Some(NOT_ENABLED));
    let mut names: Vec<_> = usable.filter_map(|region| region.region_name.clone()).collect();
    names.sort_unstable();
    let mut sink = Sink::default();
    listed.write(&mut sink, &site.scope, region);
    Ok((sink, names))
}

fn region(region: types::Region) -> Entry<RegionDescription> {
    let id = region.region_name.clone().unwrap_or_default();
    let answer = RegionDescriptionAnswer { region_name: region.region_name, opt_in_status: region.opt_in_status };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::aws::testing::{lines, serve, site};

    #[tokio::test]
    async fn regions_that_are_not_enabled_are_written_down_but_not_read() {
        let item = |name: &str, status: &str| {
            format!("<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>")
        };
        let items = [("us-east-1", "opt-in-not-required"), ("af-south-1", "not-opted-in"), ("eu-south-1", "opted-in")];
        let items: String = items.iter().map(|(name, status)| item(name, status)).collect();
        let body = format!("<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>");
        let config = serve(move |_| (200, body.clone())).await;
        let (sink, names) = enabled(&site(config).global()).await.unwrap();
        assert_eq!(names, ["eu-south-1", "us-east-1"]);
        let lines = lines(sink);
        assert_eq!((lines.len(), &lines[0]["region"]), (4, &"global".into()));
    }

    #[tokio::test]
    async fn who_may_not_ask_gets_a_gap() {
        let config = serve(|_| {
            (403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>".to_owned())
        });
        let gap = enabled(&site(config.await)).await.unwrap_err();
        assert_eq!(gap.needs.as_deref(), Some("ec2:DescribeRegions"));
    }
}
