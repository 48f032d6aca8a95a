// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

namespace mprogcheck::testing {

/// The link without a program, wherever an fd or an id stands: no case, for released kernels die of it as a relative.
inline constexpr std::string_view deadly_objects = R"(mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
caller u uid 1000
attach tcx_ingress@d0 o17
attach tcx_ingress@d0 p0 before fd(o17)
attach tcx_ingress@d0 p0 before id(o17)
attach tcx_ingress@d0 p0 replace o17
link l0 tcx_ingress@d0 o17
attach tcx_ingress@d0 p0
detach tcx_ingress@d0 o17
attach tcx_ingress@d0 p0 before link fd(o17)
attach tcx_ingress@d0 p1 before link fd(o17) revision 77
detach tcx_ingress@d0 link fd(o17)
detach tcx_ingress@d0 before after link fd(o17)
attach tcx_ingress@d0 p1
detach tcx_ingress@d0 before link id(o17)
attach tcx_ingress@d0 p0
detach tcx_ingress@d0 after link fd(o17)
link l1 tcx_ingress@d0 p0
detach tcx_ingress@d0 after link fd(o17)
as u update o17 o0
as u attach tcx_ingress@d0 o17
update o17 p0
update o17 o0
update o17 o1
update o17 o17
update o17 fd 0
update o17 fd 901
update o17 q0
update o17 o0 expect p0
update o17 o0 expect o0
update o17 o0 expect fd 902
update o17 o0 expect_fd o0
update o17 p0 expect fd 902
update o17 o0 flags 0x8
update l3 o0
update o3 o0
update o5 o17
detach_link o17
dup h0 o17
open h1 link id(o17)
open h2 prog id(o17)
close o17
detach_link o17
update h1 p0
)";

/// And with pins.
inline constexpr std::string_view pinned_objects = R"(mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
caller u uid 1000
as u pin b0 o0
as u pin b0 o1
as u update o3 p0
as u detach_link o10
as u attach tcx_ingress@d0 p0 before link fd(o6)
pin b0 o0
pin b1 o1
pin b2 o2
pin b3 o3
pin b3 o10
pin b4 o4
pin b5 o14
pin b6 o12
get h7 b0
get h8 b3
detach_link h8
get h9 b6
close o12
update h9 p1
unpin b0
unpin b3
unpin b5
pin b7 o17
get h10 b7
detach_link h10
update h10 o0
)";

}  // namespace mprogcheck::testing
