// Package actions is the work on an account: the steps of the playbook, the
// plans that they make and the desk that carries the plans out.
//
// The one rule: what is done was agreed to, is written down before it is done,
// and is proved by reading the account afterwards. A step only says how; the
// desk sees to the rest. Read Playbook for the order of work, Step for what a
// step is made of, Work for what a step that acts has to know, and Desk for how
// a plan is made, agreed to, carried out, interrupted and gone on with.
//
// A new step is one new file and one line in Playbook.
package actions
