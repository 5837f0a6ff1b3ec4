//! How a program begins and ends: its arguments, and its last word. Whatever is wrong is one line on standard error that
//! begins with the program's name and names the variable.

use clap::{Command, Parser, error::ContextKind};
use std::{fmt::Display, process::ExitCode};

/// The arguments and variables that the program was started with. An empty variable is as an unset one. Ends the process
/// where they cannot be used (code 2), and where only help or the version is asked for.
pub fn arguments<T: Parser>() -> T {
    let command = T::command();
    let matched = without_empty_variables(command.clone()).try_get_matches();
    let parsed = matched.and_then(|mut matches| T::from_arg_matches_mut(&mut matches));
    parsed.unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        eprintln!("{}: {}", command.get_name(), one_line(&command, &error));
        std::process::exit(error.exit_code());
    })
}

/// Files of variables name what may be set and leave it empty: `FESTFLOW_PUBLIC_URL=` sets nothing.
fn without_empty_variables(command: Command) -> Command {
    command.mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        match value {
            Some(value) if value.is_empty() => argument.env(None),
            _ => argument,
        }
    })
}

/// The process's end. Why it cannot run goes to standard error.
pub fn ended<E: Display>(name: &str, result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {}", joined(error.to_string().lines()));
            ExitCode::FAILURE
        }
    }
}

/// What clap says over several lines, without the usage, and with the variable from which the value may have come.
fn one_line(command: &Command, error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said = joined(said);
    let mut said = said.trim_start_matches("error: ").to_owned();
    let named = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let argument = command.get_arguments().find(|argument| {
        let flag = argument.get_long().map(|long| format!("--{long}"));
        flag.is_some() && named.as_deref().and_then(|it| it.split(' ').next()) == flag.as_deref()
    });
    let Some(argument) = argument else {
        return said;
    };
    if argument.is_hide_env_values_set()
        && let Some(value) = error.get(ContextKind::InvalidValue)
    {
        said = said.replace(&value.to_string(), "***");
    }
    match argument.get_env() {
        Some(variable) => format!("{}: {said}", variable.display()),
        None => said,
    }
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<_> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{BusSettings, LogSettings};

    #[derive(Parser)]
    #[command(name = "program")]
    struct Arguments {
        #[command(flatten)]
        bus: BusSettings,
        #[command(flatten)]
        logs: LogSettings,
    }

    fn said(arguments: &[&str]) -> String {
        let command = <Arguments as clap::CommandFactory>::command();
        let arguments = std::iter::once("program").chain(arguments.iter().copied());
        let error = command.clone().try_get_matches_from(arguments).unwrap_err();
        one_line(&command, &error)
    }

    #[test]
    fn a_wrong_argument_is_one_line_that_names_the_variable_and_what_is_allowed() {
        let wrong = said(&["--log-format", "xml"]);
        assert!(wrong.starts_with("FESTFLOW_LOG_FORMAT: "), "{wrong}");
        assert!(wrong.contains("'xml'") && wrong.contains("text, json"));
        assert_eq!(wrong.lines().count(), 1);
        let unknown = said(&["--colour", "red"]);
        assert!(unknown.contains("--colour"), "{unknown}");
        assert_eq!(unknown.lines().count(), 1);
    }

    #[test]
    fn a_value_that_may_hold_a_password_is_not_repeated() {
        let wrong = said(&["--rabbitmq-management-url", "http://u:secret@x:port"]);
        assert!(
            wrong.starts_with("FESTFLOW_RABBITMQ_MANAGEMENT_URL: "),
            "{wrong}"
        );
        assert!(!wrong.contains("secret"), "{wrong}");
        // The control: others are.
        assert!(said(&["--log-format", "secret"]).contains("secret"));
    }
}
