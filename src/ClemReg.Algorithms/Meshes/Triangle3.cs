using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Meshes;

/// <summary>Distances to a triangle.</summary>
internal static class Triangle3
{
    /// <summary>The squared distance of a point to the nearest point of a triangle (Ericson, Real-Time Collision Detection, 5.1.5).</summary>
    public static double SquaredDistance(Point3 p, Point3 a, Point3 b, Point3 c)
    {
        Point3 ab = b - a, ac = c - a, ap = p - a;
        double d1 = Point3.Dot(ab, ap), d2 = Point3.Dot(ac, ap);
        if (d1 <= 0 && d2 <= 0) return Point3.Dot(ap, ap);
        Point3 bp = p - b;
        double d3 = Point3.Dot(ab, bp), d4 = Point3.Dot(ac, bp);
        if (d3 >= 0 && d4 <= d3) return Point3.Dot(bp, bp);
        double vc = d1 * d4 - d3 * d2;
        if (vc <= 0 && d1 >= 0 && d3 <= 0) return Square(ap - d1 / (d1 - d3) * ab);
        Point3 cp = p - c;
        double d5 = Point3.Dot(ab, cp), d6 = Point3.Dot(ac, cp);
        if (d6 >= 0 && d5 <= d6) return Point3.Dot(cp, cp);
        double vb = d5 * d2 - d1 * d6;
        if (vb <= 0 && d2 >= 0 && d6 <= 0) return Square(ap - d2 / (d2 - d6) * ac);
        double va = d3 * d6 - d5 * d4;
        if (va <= 0 && d4 >= d3 && d5 >= d6) return Square(bp - (d4 - d3) / (d4 - d3 + (d5 - d6)) * (c - b));
        double sum = va + vb + vc;
        return sum > 0 ? Square(ap - vb / sum * ab - vc / sum * ac) : Math.Min(Point3.Dot(ap, ap), Math.Min(Point3.Dot(bp, bp), Point3.Dot(cp, cp)));
    }

    private static double Square(Point3 v) => Point3.Dot(v, v);
}
