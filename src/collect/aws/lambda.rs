//! AWS Lambda: the functions of a region, as far as a path to a database goes through them.

use aws_sdk_lambda::{Client, types};

use super::listing::Entry;
use super::site::Site;
use crate::collect::Sink;
use crate::model::actions;
use crate::snapshot::schema::lambda::{Function, FunctionAnswer, VpcConfigAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::LIST_FUNCTIONS];

/// Lambda gives fifty functions a page.
const PAGE: i32 = 50;

/// Reads the functions.
pub(super) async fn collect(site: Site) -> Sink {
    let pages = Client::new(&site.config).list_functions().into_paginator().page_size(PAGE).send();
    let service = site.service();
    let functions = service.list(actions::LIST_FUNCTIONS, pages, |page| (page.functions, page.next_marker)).await;
    let mut sink = Sink::default();
    functions.write(&mut sink, &site.scope, function);
    sink
}

/// Neither code nor environment: both may hold secrets.
fn function(function: types::FunctionConfiguration) -> Entry<Function> {
    let id = function.function_arn.clone().unwrap_or_default();
    // Outside of all VPCs the answer holds an empty configuration or none.
    let place = function.vpc_config.filter(|place| place.vpc_id().is_some_and(|vpc| !vpc.is_empty()));
    let place = place.map(|place| {
        VpcConfigAnswer {
            vpc_id: place.vpc_id,
            subnet_ids: place.subnet_ids,
            security_group_ids: place.security_group_ids,
        }
        .record()
    });
    let answer = FunctionAnswer {
        function_name: function.function_name,
        function_arn: function.function_arn,
        role: function.role,
        vpc_config: place,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn a_function_keeps_its_role_and_its_place_but_no_environment() {
        let place =
            types::VpcConfigResponse::builder().vpc_id("vpc-1").subnet_ids("subnet-1").security_group_ids("sg-1");
        let environment = types::EnvironmentResponse::builder().variables("PASSWORD", "hunter2").build();
        let full = types::FunctionConfiguration::builder()
            .function_name("f")
            .function_arn("arn:f")
            .role("arn:r")
            .environment(environment)
            .vpc_config(place.build());
        let expected = json!({"FunctionName": "f", "FunctionArn": "arn:f", "Role": "arn:r",
            "VpcConfig": {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}});
        assert_eq!(kept(function(full.build())), ("arn:f".to_owned(), expected));
    }

    #[test]
    fn outside_of_vpcs_there_is_no_place() {
        let empty = types::VpcConfigResponse::builder().vpc_id("").build();
        for place in [None, Some(empty)] {
            let bare = types::FunctionConfiguration::builder().function_arn("arn:f").set_vpc_config(place);
            assert_eq!(kept(function(bare.build())).1, json!({"FunctionArn": "arn:f", "VpcConfig": null}));
        }
    }
}
