namespace ClemReg.Algorithms.Cells;

/// <summary>
/// Where an image's pixels lie on a microscope's stage: an affine map, from pixel size, origin, turn and flips, or through points that are known in both.
/// </summary>
/// <remarks>Pixels (x, y) count from the centre of the first; stage coordinates (x, y) are micrometres.</remarks>
public sealed class StageMap
{
    /// <summary>Points this near to a line (the triangle's height, of its longest side) do not say how the image is turned.</summary>
    private const double LeastHeight = 0.05;

    private readonly double _xx, _xy, _yx, _yy, _x, _y;

    private StageMap(double xx, double xy, double yx, double yy, double x, double y) => (_xx, _xy, _yx, _yy, _x, _y) = (xx, xy, yx, yy, x, y);

    /// <summary>How far the points that it was made from are off, root mean square, micrometres; 0 where none were.</summary>
    public double Residual { get; private init; }

    /// <summary>From the image's own frame.</summary>
    /// <param name="pixelX">Length of a pixel along x, micrometres, positive.</param>
    /// <param name="pixelY">Along y.</param>
    /// <param name="originX">Stage coordinates of the first pixel's centre, micrometres.</param>
    /// <param name="originY">Their y.</param>
    /// <param name="degrees">How far the image's x axis is turned on the stage, from the stage's x towards its y.</param>
    /// <param name="flipX">The stage's x runs against the image's.</param>
    /// <param name="flipY">The stage's y runs against the image's (upwards).</param>
    /// <exception cref="BadInputException">A number is out of its range.</exception>
    public static StageMap Framed(double pixelX, double pixelY, double originX, double originY, double degrees, bool flipX, bool flipY)
    {
        if (!(pixelX > 0 && pixelY > 0 && double.IsFinite(pixelX + pixelY)))
            throw BadInputException.ForParameter("pixel size", FormattableString.Invariant($"{pixelX} x {pixelY} um"), "positive", "Set it with Image > Properties.");
        if (!double.IsFinite(originX + originY)) throw BadInputException.ForParameter("stage_origin", FormattableString.Invariant($"{originX}, {originY}"), "two numbers of micrometres");
        if (!double.IsFinite(degrees)) throw BadInputException.ForParameter("stage_rotation", degrees, "a number of degrees");
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        double x = flipX ? -pixelX : pixelX, y = flipY ? -pixelY : pixelY;
        return new StageMap(cos * x, -sin * y, sin * x, cos * y, originX, originY);
    }

    /// <summary>Through fiducials: the affine map of three, the best one (least squares) of more.</summary>
    /// <param name="points">Pixels in the image and micrometres on the stage.</param>
    /// <exception cref="BadInputException">Fewer than three points, or on one line.</exception>
    public static StageMap Through(IReadOnlyList<(double PixelX, double PixelY, double StageX, double StageY)> points)
    {
        if (points.Count < 3) throw BadInputException.ForParameter("fiducials", $"{points.Count} points", "three or more, seen in the image and on the stage", "Mark another one.");
        if (points.Any(p => !double.IsFinite(p.PixelX + p.PixelY + p.StageX + p.StageY))) throw BadInputException.ForParameter("fiducials", "a coordinate that is no number", "four numbers a point");
        if (Flat([.. points.Select(p => (p.PixelX, p.PixelY))])) throw Line("in the image");
        if (Flat([.. points.Select(p => (p.StageX, p.StageY))])) throw Line("on the stage");
        double n = points.Count, mx = points.Average(p => p.PixelX), my = points.Average(p => p.PixelY);
        double xx = 0, xy = 0, yy = 0, ax = 0, ay = 0, bx = 0, by = 0;
        foreach (var p in points)
        {
            (double x, double y) = (p.PixelX - mx, p.PixelY - my);
            xx += x * x;
            xy += x * y;
            yy += y * y;
            ax += x * p.StageX;
            ay += y * p.StageX;
            bx += x * p.StageY;
            by += y * p.StageY;
        }
        double determinant = xx * yy - xy * xy;
        (double a, double b) = ((ax * yy - ay * xy) / determinant, (ay * xx - ax * xy) / determinant);
        (double c, double d) = ((bx * yy - by * xy) / determinant, (by * xx - bx * xy) / determinant);
        var map = new StageMap(a, b, c, d, points.Average(p => p.StageX) - a * mx - b * my, points.Average(p => p.StageY) - c * mx - d * my);
        double squares = points.Sum(p => map.Of(p.PixelX, p.PixelY) is var s ? Math.Pow(s.X - p.StageX, 2) + Math.Pow(s.Y - p.StageY, 2) : 0);
        return new StageMap(map._xx, map._xy, map._yx, map._yy, map._x, map._y) { Residual = Math.Sqrt(squares / n) };

        static BadInputException Line(string where) =>
            new($"The fiducials lie on one line, or nearly, {where}: they do not say how the image is turned. Take three that span a triangle.");
    }

    /// <summary>The stage coordinates of a pixel.</summary>
    public (double X, double Y) Of(double pixelX, double pixelY) => (_xx * pixelX + _xy * pixelY + _x, _yx * pixelX + _yy * pixelY + _y);

    /// <summary>Square micrometres of a pixel on the stage.</summary>
    public double PixelArea => Math.Abs(_xx * _yy - _xy * _yx);

    /// <summary>Length of a pixel along x, micrometres.</summary>
    public double PixelX => Math.Sqrt(_xx * _xx + _yx * _yx);

    /// <summary>Along y.</summary>
    public double PixelY => Math.Sqrt(_xy * _xy + _yy * _yy);

    /// <summary>How far a rectangle of the image is turned on the stage, from the stage's x towards its y: above -90, to 90 degrees; turned by 180 or flipped it is the same.</summary>
    public double Degrees
    {
        get
        {
            double degrees = Math.Atan2(_yx, _xx) * 180 / Math.PI;
            return degrees > 90 ? degrees - 180 : degrees <= -90 ? degrees + 180 : degrees;
        }
    }

    /// <summary>By how many degrees the angle between the image's axes differs from a right one on the stage; 0 but through fiducials.</summary>
    public double Skew => Math.Asin(Math.Clamp(Math.Abs(_xx * _xy + _yx * _yy) / (PixelX * PixelY), 0, 1)) * 180 / Math.PI;

    /// <summary>Rows of the affine map: stage x and y from pixel x, pixel y and 1.</summary>
    public IReadOnlyList<double> Rows => [_xx, _xy, _x, _yx, _yy, _y];

    /// <summary>Whether all points lie about on a line: no triangle of them has any height.</summary>
    private static bool Flat((double X, double Y)[] points)
    {
        double tallest = 0;
        for (int i = 0; i < points.Length; i++)
            for (int k = i + 1; k < points.Length; k++)
                for (int l = k + 1; l < points.Length; l++)
                {
                    double twice = Math.Abs((points[k].X - points[i].X) * (points[l].Y - points[i].Y) - (points[k].Y - points[i].Y) * (points[l].X - points[i].X));
                    double side = Math.Max(Distance(points[i], points[k]), Math.Max(Distance(points[k], points[l]), Distance(points[i], points[l])));
                    if (side > 0) tallest = Math.Max(tallest, twice / (side * side));
                }
        return tallest < LeastHeight;

        static double Distance((double X, double Y) a, (double X, double Y) b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));
    }
}
