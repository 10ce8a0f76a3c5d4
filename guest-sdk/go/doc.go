// Package sockdock is for plugins of the sockdock socket host: a type with a method per event of a socket.
//
//   - [Plugin] has the events; [Base] has a default for each; [Register] makes a component of one.
//   - [Socket] is what can be done with a connection; [Outbox] keeps what a short write left; [Local] is what belongs to a connection.
//   - [Save] and [Load] hand a state on from one build to the next.
//   - [Connect], [SetTimer], [Publish], [Log], [Config].
//
// Package sockdocktest is a host for native tests, with a clock of its own.
package sockdock
