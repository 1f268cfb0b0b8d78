namespace ClemReg.Algorithms.Refinement;

/// <summary>The sums of a weighted Pearson correlation.</summary>
internal struct CorrelationSums
{
    private double _n, _x, _y, _xx, _yy, _xy;

    /// <summary>Counts a pair.</summary>
    public void Add(double weight, double x, double y)
    {
        _n += weight;
        _x += weight * x;
        _y += weight * y;
        _xx += weight * x * x;
        _yy += weight * y * y;
        _xy += weight * x * y;
    }

    /// <summary>The correlation; 0 where nothing was counted or one side does not vary.</summary>
    public readonly double Value
    {
        get
        {
            double below = _n > 0 ? (_xx - _x * _x / _n) * (_yy - _y * _y / _n) : 0;
            return below > 0 ? (_xy - _x * _y / _n) / Math.Sqrt(below) : 0;
        }
    }
}
