import Workbench

@main
struct Watchfloor {
  static func main() async { await WatchfloorCommand.start() }
}
