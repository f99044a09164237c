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
//
// The file names say where things are. The engine: desk, run, carry, plan, work,
// step, tally, board, family (who signs in with what), everywhere (what is read of
// all accounts), clock (what a time of ours is by Twilio's), extras and give (what
// else opens something, and how a desk comes by it), fault, remove, undo. A step is
// what its own file says (sweep.go), and works as the files behind it do
// (sweep_read.go, sweep_work.go); auth-tokens works in token_*, geo-and-triggers in
// geo_* and trigger_*, passwords, two-factor and emails in people_*, website,
// exposure and integrations in looks, trove (what was found of credentials) and
// host_names. What will break is told by breaks_*. Lists of people, machines and
// the like: roster_*. Beside the steps: capture, burn and watch go on while others
// work; panic is four steps under one order; reach is for when nothing opens;
// training, scene, lessons and debrief are for those who learn.
package actions
