using ClemReg.Algorithms.Cells;

namespace ClemReg.Algorithms.Tests.Cells;

public sealed class ConvexHullTests
{
    [Fact]
    public void The_share_of_the_hull_that_pixels_fill_is_known_for_plain_shapes()
    {
        Assert.Equal(1, ConvexHull.Filled(3, 3, _ => false));
        Assert.Equal(1, ConvexHull.Filled(3, 4, p => p == 5), 1e-12);
        Assert.Equal(1, ConvexHull.Filled(5, 9, _ => true), 1e-12);
        // Two pixels at opposite corners of 2 x 2: a hexagon of 3.
        Assert.Equal(2.0 / 3, ConvexHull.Filled(2, 2, p => p is 0 or 3), 1e-12);
        // A cross of two bars of 1 x 5 in 5 x 5: the square less four corner triangles of 2 x 2 / 2.
        Assert.Equal(9.0 / 17, ConvexHull.Filled(5, 5, p => p / 5 == 2 || p % 5 == 2), 1e-12);
    }

    [Fact]
    public void A_disc_fills_its_hull_nearly_and_a_ring_does_not()
    {
        double Radius(int p) => Math.Sqrt(Math.Pow(p / 41 - 20, 2) + Math.Pow(p % 41 - 20, 2));
        Assert.InRange(ConvexHull.Filled(41, 41, p => Radius(p) < 19.5), 0.95, 1);
        Assert.InRange(ConvexHull.Filled(41, 41, p => Radius(p) is < 19.5 and > 12), 0.5, 0.7);
    }
}
