// The C library's `timespec` is read by both modules, and belongs to whichever the compiler happens to load first.
import CPcap
import Glibc

extension stat {
  /// When the file was last changed, since 1970.
  var modified: (seconds: Int, nanoseconds: Int) { (st_mtim.tv_sec, st_mtim.tv_nsec) }
}
