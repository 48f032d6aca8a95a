// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

namespace mprogcheck::testing {

/// Objects of the guest, wherever an fd or an id stands.
inline constexpr std::string_view objects = R"(mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
prog p2 xdp returns next
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 o0
attach tcx_ingress@d0 o1
attach tcx_ingress@d0 o2
attach tcx_ingress@d0 o3
attach tcx_ingress@d0 o14
attach tcx_ingress@d0 o15
attach tcx_ingress@d0 o16
attach tcx_ingress@d0 p1 before fd(o0)
attach tcx_ingress@d0 p1 before fd(o1)
attach tcx_ingress@d0 p1 before fd(o2)
attach tcx_ingress@d0 p1 before fd(o3)
attach tcx_ingress@d0 p1 before fd(o14)
attach tcx_ingress@d0 p1 before id(o15)
attach tcx_ingress@d0 p1 before id(o3)
attach tcx_ingress@d0 p1 before link fd(o0)
attach tcx_ingress@d0 p1 before link fd(o14)
attach tcx_ingress@d0 p1 before link fd(o3)
attach tcx_ingress@d0 p1 before link fd(o4)
attach tcx_ingress@d0 p1 before link fd(o5)
attach tcx_ingress@d0 p1 before link fd(o6)
attach tcx_ingress@d0 p1 before link fd(o7)
attach tcx_ingress@d0 p1 before link fd(o8)
attach tcx_ingress@d0 p1 before link fd(o9)
attach tcx_ingress@d0 p1 before link fd(o10)
attach tcx_ingress@d0 p1 before link fd(o11)
attach tcx_ingress@d0 p1 before link fd(o12)
attach tcx_ingress@d0 p1 before link fd(o13)
attach tcx_ingress@d0 p1 after link id(o6)
attach tcx_ingress@d0 p1 after link id(o12)
attach tcx_ingress@d0 p1 after link id(o16)
attach tcx_ingress@d0 p1 replace o14
attach tcx_ingress@d0 p1 replace o0
detach tcx_ingress@d0 before link fd(o3)
detach tcx_ingress@d0 before link fd(o6)
detach tcx_ingress@d0 after link id(o12)
detach tcx_ingress@d0 before fd(o14)
detach tcx_ingress@d0 before fd(o2)
detach tcx_ingress@d0 p0 before link fd(o6)
detach tcx_ingress@d0 p0 before link fd(o13)
detach tcx_ingress@d0 o9
link l0 tcx_ingress@d0 o1
link l0 tcx_ingress@d0 o15
link l0 tcx_ingress@d0 p1 after link fd(o10)
link l0 tcx_ingress@d0 p1
update l0 o14
update l0 o0
update l0 p1 expect o14
update o0 p0
update o14 p0
detach_link o0
detach_link o16

mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
prog p2 xdp returns next
update o3 p0
update o4 p0
update o5 p0
update o6 p0
update o7 p0
update o8 p0
update o9 p0
update o10 p0
update o11 p0
update o12 p0
update o13 p0
update o3 p2
update o5 o14
update o10 o15
update o3 p0 expect p1
update o4 p0 expect p1
update o5 p0 expect p1
update o6 p0 expect p1
update o7 p0 expect p1
update o8 p0 expect p1
update o9 p0 expect p1
update o10 p0 expect p1
update o13 p0 expect p1
update o3 p0 expect o0
update o9 p0 expect_fd p1
detach_link o3
detach_link o4
detach_link o5
detach_link o6
detach_link o7
detach_link o8
detach_link o9
detach_link o10
detach_link o11
detach_link o12
detach_link o13
dup h0 o3
open h1 link id(o4)
open h2 prog id(o14)
open h3 link id(o13)
open h4 prog id(o13)
dup h5 o0
dup h6 o2
attach tcx_ingress@d0 h2
attach tcx_ingress@d0 h5
attach tcx_ingress@d0 p0 before link fd(h1)
close o3
detach_link o3
update h0 p0

mprogcheck 1
netdev d0
prog p0 sched_cls
caller u uid 1000
as u link l0 tcx_ingress@d0 o14
as u attach tcx_ingress@d0 o14
as u link l0 tcx_ingress@d0 o15
as u link l0 tcx_ingress@d0 o16
as u update l0 o14

mprogcheck 1
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
