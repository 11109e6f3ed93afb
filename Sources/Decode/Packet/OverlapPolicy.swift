/// Which bytes a target keeps when two fragments or segments cover the same place and differ.
///
/// Systems disagree, and who wants to be misread by a sensor uses it. `first` is the default because of what a service of
/// RPC runs on: Windows and Solaris keep what came first, Linux mostly does, and bytes that were delivered to an
/// application stay delivered on any system. Cisco's IOS keeps the last. What conflicts is told either way.
package enum OverlapPolicy: Sendable {
  case first, last
}
